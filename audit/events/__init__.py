"""One event for every action: the model, writing it, and who may read it."""
