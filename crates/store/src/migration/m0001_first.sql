-- The first schema. Portable between SQLite and PostgreSQL: ids are text, moments are microseconds since 1970,
-- documents are JSON as text. Whatever is queried is a column of its own; nothing looks inside a document.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL
);

CREATE TABLE installations (
    id           TEXT PRIMARY KEY NOT NULL,
    bridge_key   TEXT NOT NULL,
    previous_key TEXT,
    enrol_until  BIGINT,
    settings     TEXT NOT NULL,
    created_at   BIGINT NOT NULL
);

CREATE TABLE platforms (
    id         TEXT PRIMARY KEY NOT NULL,
    kind       TEXT NOT NULL,
    name       TEXT NOT NULL,
    endpoint   TEXT NOT NULL,
    account    TEXT NOT NULL,
    state      TEXT NOT NULL,
    credential TEXT NOT NULL,
    profile    TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX platforms_account ON platforms (kind, endpoint, account);

CREATE TABLE attachments (
    installation TEXT NOT NULL REFERENCES installations (id),
    server_id    BIGINT NOT NULL,
    platform     TEXT NOT NULL REFERENCES platforms (id),
    relation     TEXT NOT NULL,
    PRIMARY KEY (installation, server_id)
);
CREATE INDEX attachments_platform ON attachments (platform);

CREATE TABLE products (
    installation TEXT NOT NULL REFERENCES installations (id),
    product_id   BIGINT NOT NULL,
    policy       TEXT NOT NULL,
    PRIMARY KEY (installation, product_id)
);

CREATE TABLE services (
    id                   TEXT PRIMARY KEY NOT NULL,
    installation         TEXT NOT NULL REFERENCES installations (id),
    billing_id           BIGINT NOT NULL,
    client_id            BIGINT NOT NULL,
    product_id           BIGINT NOT NULL,
    module               TEXT NOT NULL,
    platform             TEXT REFERENCES platforms (id),
    generation           BIGINT NOT NULL,
    status               TEXT NOT NULL,
    standing             TEXT NOT NULL,
    hostname             TEXT,
    mapped_id            TEXT,
    power_before_suspend TEXT,
    watch_due            BIGINT,
    unsettled_until      BIGINT,
    holds                TEXT NOT NULL,
    welcomed_generation  BIGINT NOT NULL,
    version              BIGINT NOT NULL,
    created_at           BIGINT NOT NULL,
    updated_at           BIGINT NOT NULL
);
CREATE UNIQUE INDEX services_billing ON services (installation, billing_id);
CREATE INDEX services_client ON services (installation, client_id);
CREATE INDEX services_platform ON services (platform);
CREATE INDEX services_in_use ON services (id) WHERE standing IN ('live', 'suspended');
CREATE INDEX services_watch ON services (watch_due) WHERE watch_due IS NOT NULL;

CREATE TABLE links (
    id           TEXT PRIMARY KEY NOT NULL,
    service      TEXT NOT NULL REFERENCES services (id),
    generation   BIGINT NOT NULL,
    platform     TEXT NOT NULL REFERENCES platforms (id),
    role         TEXT NOT NULL,
    resource     TEXT NOT NULL,
    upstream_id  TEXT NOT NULL,
    unchangeable TEXT NOT NULL,
    owner        TEXT NOT NULL,
    opened_at    BIGINT NOT NULL,
    closed_at    BIGINT,
    close_reason TEXT
);
-- One machine, one service.
CREATE UNIQUE INDEX links_open_upstream_id ON links (platform, resource, upstream_id)
    WHERE closed_at IS NULL AND role = 'primary';
CREATE UNIQUE INDEX links_open_generation ON links (service, generation)
    WHERE closed_at IS NULL AND role = 'primary';
CREATE INDEX links_service ON links (service, generation);
CREATE INDEX links_platform ON links (platform, upstream_id);

CREATE TABLE operations (
    id           TEXT PRIMARY KEY NOT NULL,
    service      TEXT NOT NULL REFERENCES services (id),
    platform     TEXT,
    generation   BIGINT NOT NULL,
    kind         TEXT NOT NULL,
    format       BIGINT NOT NULL,
    sequence     BIGINT NOT NULL,
    input        TEXT NOT NULL,
    actor        TEXT NOT NULL,
    actor_kind   TEXT NOT NULL,
    person       BOOLEAN NOT NULL,
    state        TEXT NOT NULL,
    is_open      BOOLEAN NOT NULL,
    steps        TEXT NOT NULL,
    notes        TEXT NOT NULL,
    due_at       BIGINT,
    deadline     BIGINT NOT NULL,
    lease_worker TEXT,
    lease_until  BIGINT,
    exclusive    TEXT,
    interrupted_by TEXT,
    held_by      TEXT,
    identified_at BIGINT,
    milestone    TEXT,
    reason       TEXT NOT NULL,
    secret       TEXT,
    rerun        TEXT,
    created_at   BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    finished_at  BIGINT
);
CREATE UNIQUE INDEX operations_exclusive ON operations (platform, exclusive)
    WHERE is_open AND exclusive IS NOT NULL;
CREATE INDEX operations_open ON operations (service, sequence) WHERE is_open;
CREATE INDEX operations_listed ON operations (id) WHERE is_open;
CREATE INDEX operations_due ON operations (due_at) WHERE is_open;
CREATE INDEX operations_deadline ON operations (deadline) WHERE is_open;
CREATE INDEX operations_service ON operations (service, sequence);
CREATE INDEX operations_state ON operations (state, id);
CREATE INDEX operations_finished ON operations (kind, finished_at);
CREATE INDEX operations_created ON operations (kind, created_at);
CREATE INDEX operations_ended ON operations (finished_at, id) WHERE finished_at IS NOT NULL;

CREATE TABLE calls (
    id        TEXT PRIMARY KEY NOT NULL,
    operation TEXT NOT NULL REFERENCES operations (id) ON DELETE CASCADE,
    step      TEXT NOT NULL,
    name      TEXT NOT NULL,
    state     TEXT NOT NULL,
    request   TEXT NOT NULL,
    outcome   TEXT,
    sent_at   BIGINT NOT NULL,
    ended_at  BIGINT
);
CREATE INDEX calls_operation ON calls (operation, id);
CREATE INDEX calls_sending ON calls (id) WHERE state = 'sending';
CREATE INDEX calls_unknown ON calls (id) WHERE state = 'unknown';
CREATE INDEX calls_ended ON calls (ended_at) WHERE ended_at IS NOT NULL;

-- Finished operations of long ago: one document each, with the operation's, its calls' and its questions' rows.
CREATE TABLE operations_archive (
    id          TEXT PRIMARY KEY NOT NULL,
    service     TEXT NOT NULL REFERENCES services (id),
    sequence    BIGINT NOT NULL,
    finished_at BIGINT NOT NULL,
    document    TEXT NOT NULL
);
CREATE INDEX operations_archive_service ON operations_archive (service, sequence);
CREATE INDEX operations_archive_finished ON operations_archive (finished_at);

CREATE TABLE facts (
    service     TEXT NOT NULL REFERENCES services (id),
    kind        TEXT NOT NULL,
    value       TEXT NOT NULL,
    observed_at BIGINT NOT NULL,
    PRIMARY KEY (service, kind)
);
CREATE INDEX facts_observed ON facts (kind, observed_at, service);

-- `queue` is the service's id, or the installation's name for effects without a service.
CREATE TABLE effects (
    id           TEXT PRIMARY KEY NOT NULL,
    queue        TEXT NOT NULL,
    sequence     BIGINT NOT NULL,
    installation TEXT NOT NULL REFERENCES installations (id),
    service      TEXT REFERENCES services (id),
    billing_id   BIGINT,
    operation    TEXT,
    kind         TEXT NOT NULL,
    body         TEXT NOT NULL,
    state        TEXT NOT NULL,
    tries        BIGINT NOT NULL,
    due_at       BIGINT NOT NULL,
    reason       TEXT,
    created_at   BIGINT NOT NULL,
    finished_at  BIGINT
);
CREATE UNIQUE INDEX effects_queue ON effects (queue, sequence);
CREATE INDEX effects_waiting ON effects (queue, sequence) WHERE state = 'waiting';
CREATE INDEX effects_due ON effects (installation, due_at) WHERE state = 'waiting';
CREATE INDEX effects_state ON effects (installation, state, id);
CREATE INDEX effects_service ON effects (service, id) WHERE service IS NOT NULL;
CREATE INDEX effects_finished ON effects (finished_at) WHERE finished_at IS NOT NULL;

-- The number of the last effect of each queue, which may be forgotten before its queue is.
CREATE TABLE effect_queues (
    queue    TEXT PRIMARY KEY NOT NULL,
    sequence BIGINT NOT NULL
);

CREATE TABLE questions (
    id          TEXT PRIMARY KEY NOT NULL,
    service     TEXT REFERENCES services (id),
    operation   TEXT,
    kind        TEXT NOT NULL,
    subject     TEXT,
    text        TEXT NOT NULL,
    choices     TEXT NOT NULL,
    host_only   BOOLEAN NOT NULL,
    opened_at   BIGINT NOT NULL,
    answered_at BIGINT,
    answer      TEXT,
    answered_by TEXT
);
CREATE INDEX questions_open ON questions (id) WHERE answered_at IS NULL;
CREATE INDEX questions_subject ON questions (subject) WHERE subject IS NOT NULL;
CREATE INDEX questions_answered ON questions (answered_at) WHERE answered_at IS NOT NULL;
CREATE INDEX questions_service ON questions (service, id);
CREATE INDEX questions_operation ON questions (operation, id);

CREATE TABLE alarms (
    name      TEXT PRIMARY KEY NOT NULL,
    text      TEXT NOT NULL,
    raised_at BIGINT NOT NULL
);

-- `chain` is the installation's name, or empty for the engine's own chain. `entry` is the order of writing; a line has
-- its place in its chain (`sequence`, `hash`) once it is sealed.
CREATE TABLE audit (
    id        TEXT PRIMARY KEY NOT NULL,
    chain     TEXT NOT NULL,
    entry     BIGINT NOT NULL,
    at        BIGINT NOT NULL,
    actor     TEXT NOT NULL,
    action    TEXT NOT NULL,
    subject   TEXT NOT NULL,
    detail    TEXT NOT NULL,
    sequence  BIGINT,
    sealed_at BIGINT,
    hash      TEXT
);
CREATE UNIQUE INDEX audit_chain ON audit (chain, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX audit_unsealed ON audit (chain, entry) WHERE sequence IS NULL;
CREATE INDEX audit_entry ON audit (entry, id);
CREATE INDEX audit_subject ON audit (subject, entry);

-- Where each chain ends, so that a cut end shows.
CREATE TABLE audit_heads (
    chain    TEXT PRIMARY KEY NOT NULL,
    sequence BIGINT NOT NULL,
    hash     TEXT NOT NULL
);

-- Ciphertext and nonce in hexadecimal, empty once wiped.
CREATE TABLE secrets (
    id          TEXT PRIMARY KEY NOT NULL,
    purpose     TEXT NOT NULL,
    ciphertext  TEXT NOT NULL,
    nonce       TEXT NOT NULL,
    key_id      TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT,
    revealed_at BIGINT,
    revealed_to TEXT
);
CREATE INDEX secrets_expiring ON secrets (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE nonces (
    installation TEXT NOT NULL,
    nonce        TEXT NOT NULL,
    seen_at      BIGINT NOT NULL,
    PRIMARY KEY (installation, nonce)
);
CREATE INDEX nonces_seen ON nonces (seen_at);

CREATE TABLE rates (
    name    TEXT PRIMARY KEY NOT NULL,
    free_at BIGINT NOT NULL
);
CREATE INDEX rates_free ON rates (free_at);
