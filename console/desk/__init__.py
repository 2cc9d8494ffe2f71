"""The duty officer's desk: the queue of incidents, and all that is known of one."""
