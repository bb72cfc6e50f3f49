"""The relay as processes: started, watched, reloaded, told and stopped."""
