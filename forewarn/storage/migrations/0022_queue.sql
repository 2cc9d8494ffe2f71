-- The console asks each second what is live or ended lately: without reading all that ever was.
CREATE INDEX incident_ended ON incident (ended);
