"""What an operator meets: the environment and its checks, the schema, the processes of web server and workers."""
