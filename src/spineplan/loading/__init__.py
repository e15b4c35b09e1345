"""Files to documents that remember the line of everything in them. Knows YAML and folders; knows nothing clinical."""
