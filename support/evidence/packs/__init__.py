"""Evidence packs: signed files with events, their seals, stock and the story, that are checked without Asora."""
