"""Past documents read: post-mortems as people and agents wrote them, in Markdown or plain text.

`read` turns text into what it says (`said`): nothing is invented, and what was not understood is listed with its line.
"""
