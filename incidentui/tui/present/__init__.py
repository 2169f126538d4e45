"""From values to lines: pure, standard library only. `Scene` is all that a line may depend on."""
