"""What the actions of the key table do, by feature; an action is a method of its name."""
