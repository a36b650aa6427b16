"""Analysis over HTTP: a queue of jobs, one worker process that holds the model, and the page that shows them."""
