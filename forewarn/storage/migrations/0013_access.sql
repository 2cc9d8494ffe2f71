-- Who may sign in, who is signed in, which machines may ask, and failed attempts.

CREATE TABLE account (
    id text PRIMARY KEY,
    name text NOT NULL,
    role text NOT NULL,
    sites text[] NOT NULL,
    password text NOT NULL,
    totp_secret text,
    totp_step bigint NOT NULL DEFAULT 0,
    created timestamptz NOT NULL,
    disabled timestamptz
);
COMMENT ON COLUMN account.sites IS 'empty: every site';
COMMENT ON COLUMN account.password IS 'argon2id, with its parameters';
COMMENT ON COLUMN account.totp_step IS 'the newest time step whose code was used: a code works once';

CREATE TABLE sign_in_attempt (
    account text PRIMARY KEY,
    failures integer NOT NULL,
    last timestamptz NOT NULL
);
COMMENT ON TABLE sign_in_attempt IS 'names as they were typed: unknown ones lock like known ones';

CREATE TABLE session (
    digest bytea PRIMARY KEY,
    account text NOT NULL REFERENCES account (id),
    created timestamptz NOT NULL,
    seen timestamptz NOT NULL
);
COMMENT ON COLUMN session.digest IS 'sha256 of the token, which only the browser has';
CREATE INDEX session_account ON session (account);

CREATE TABLE api_token (
    name text PRIMARY KEY,
    digest bytea NOT NULL UNIQUE,
    role text NOT NULL,
    sites text[] NOT NULL,
    created timestamptz NOT NULL,
    expires timestamptz NOT NULL,
    revoked timestamptz
);

