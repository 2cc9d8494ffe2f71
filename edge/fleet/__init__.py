"""What binds a gateway to its fleet: enrolment, remote configuration with a way back, commands."""
