-- Every delivery ever accepted, kept for weeks after it was used, so that a redelivery is known again.
-- One id with two bodies is two rows; the later one is marked as a conflict.
create table delivery (
  id text not null,
  digest blob not null,
  event text not null,
  conflict integer not null,
  received_at integer not null,
  unique (id, digest)
);
create index delivery_by_time on delivery (received_at);

-- What still waits for a repository's turn. `autoincrement`: a number is never given out twice, so a turn that
-- names the rows it took in cannot remove a later one.
create table inbox (
  seq integer primary key autoincrement,
  repo integer,
  name text,
  installation integer,
  hint text not null,
  received_at integer not null
);
create index inbox_by_repo on inbox (repo, seq);

-- Signed deliveries a person may want to look at: the body could not be read (kept), or the id came twice (no body).
create table unread (
  seq integer primary key autoincrement,
  delivery text not null,
  event text not null,
  digest blob not null,
  body blob,
  received_at integer not null
);
create index unread_by_time on unread (received_at);

-- One row per repository. `epoch` counts claims, `version` counts writes; `state` is absent until the first write.
create table repo (
  id integer primary key,
  epoch integer not null,
  version integer not null,
  state blob,
  journal_next integer not null,
  written_at integer
);

-- What happened, newest kept. `n` counts per repository.
create table journal (
  repo integer not null references repo (id),
  n integer not null,
  at integer not null,
  event text not null,
  primary key (repo, n)
) without rowid;
