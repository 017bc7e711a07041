"""What every request passes before a view, and every response after one."""
