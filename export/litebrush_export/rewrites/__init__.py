"""The same network in operators that delegates take, that int8 gets right, or of which there are fewer."""
