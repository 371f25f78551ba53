"""Why did nothing arrive? Each step from the switch to the receiver's answer."""
