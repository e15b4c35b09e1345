"""The command line: reads arguments and files, calls `application`, prints. No clinical logic."""
