-- A repository has one queue for each branch that is served; '' stands for its default branch, whatever that is called.
-- What is delivered is not kept for a queue that is `retired`; whoever claims it again reads everything.
create table queue (
  repo integer not null,
  branch text not null,
  epoch integer not null,
  retired integer not null default 0,
  version integer not null,
  state blob,
  journal_next integer not null,
  written_at integer,
  primary key (repo, branch)
);
insert into queue (repo, branch, epoch, version, state, journal_next, written_at)
select id, '', epoch, version, state, journal_next, written_at from repo;

create table queue_journal (
  repo integer not null,
  branch text not null,
  n integer not null,
  at integer not null,
  event text not null,
  primary key (repo, branch, n),
  foreign key (repo, branch) references queue (repo, branch)
) without rowid;
insert into queue_journal (repo, branch, n, at, event) select repo, '', n, at, event from journal;
drop table journal;
drop table repo;
alter table queue_journal rename to journal;

-- Each queue takes in its own rows.
alter table inbox add column branch text not null default '';
drop index inbox_by_repo;
create index inbox_by_queue on inbox (repo, branch, seq);
