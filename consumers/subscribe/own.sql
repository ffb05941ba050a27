-- What a subscription keeps in the subscriber's own database, beside the subscriber's own tables: how far each partition
-- was read, the last version of each resident, and which numbers were missing. Nothing here says anything of a person
-- beyond the pseudonym that this subscriber has for them. Made at the first start, or beforehand by whoever may.

CREATE SCHEMA IF NOT EXISTS juki_subscription;

CREATE TABLE IF NOT EXISTS juki_subscription.positions (
    topic text NOT NULL,
    partition integer NOT NULL,
    next_offset bigint,                       -- NULL: from the beginning
    last_seq bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
);

CREATE TABLE IF NOT EXISTS juki_subscription.residents (
    topic text NOT NULL,
    resident bytea NOT NULL,
    version bigint NOT NULL,
    PRIMARY KEY (topic, resident)
);

CREATE TABLE IF NOT EXISTS juki_subscription.gaps (
    topic text NOT NULL,
    partition integer NOT NULL,
    from_seq bigint NOT NULL,
    to_seq bigint NOT NULL,
    found_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, from_seq)
);
