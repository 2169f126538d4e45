"""Values of files, compose files, containers and answers that must be one."""
