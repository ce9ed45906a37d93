-- The statements that each role needs, and no others. By the owner, after the first migration and after each upgrade; safe to
-- repeat while processes run:
--   DATABASE_URL=postgres://taskwire_owner:…@…/… node dist/database/migrate-only.js
--   psql -v ON_ERROR_STOP=1 -f deploy/postgres/grants.sql postgres://taskwire_owner:…@…/…
BEGIN;

REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC, taskwire_web, taskwire_worker;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM PUBLIC, taskwire_web, taskwire_worker;

-- Whether there is something to migrate.
GRANT SELECT ON public.taskwire_migrations TO taskwire_web, taskwire_worker;

-- The web role accepts tasks; the worker role deletes them when their time is over. A history is never changed.
GRANT SELECT, INSERT, UPDATE ON public.tasks TO taskwire_web;
GRANT SELECT, UPDATE, DELETE ON public.tasks TO taskwire_worker;
GRANT SELECT, INSERT ON public.task_events TO taskwire_web;
GRANT SELECT, INSERT, DELETE ON public.task_events TO taskwire_worker;

-- A row comes, moves and goes with every step of a task, whoever takes it.
GRANT SELECT, INSERT, UPDATE, DELETE ON public.dispatches TO taskwire_web, taskwire_worker;
GRANT USAGE ON SEQUENCE public.ordering_numbers TO taskwire_web, taskwire_worker;

-- A submission takes its key, and gives it back when it is refused; UPDATE of the worker role is the lock of what it deletes.
GRANT SELECT, INSERT, UPDATE, DELETE ON public.idempotency_keys TO taskwire_web;
GRANT SELECT, UPDATE, DELETE ON public.idempotency_keys TO taskwire_worker;

GRANT SELECT, INSERT, UPDATE ON public.dead_letters TO taskwire_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON public.dead_letters TO taskwire_worker;

-- Operators send letters again through the web role, redrives of many run in the worker role; a letter's history is never changed.
GRANT SELECT, INSERT ON public.dead_letter_actions TO taskwire_web;
GRANT SELECT, INSERT, DELETE ON public.dead_letter_actions TO taskwire_worker;
GRANT SELECT, INSERT, UPDATE ON public.redrives TO taskwire_web;
GRANT SELECT, UPDATE, DELETE ON public.redrives TO taskwire_worker;

-- Only whoever reads topics and relays.
GRANT SELECT, INSERT, UPDATE ON public.consumer_positions, public.relay_leases TO taskwire_worker;

-- The secret of tokens for browsers: only whoever gives and takes them.
GRANT SELECT, INSERT ON public.signing_keys TO taskwire_web;

-- Nobody changes an entry of the audit log, and who writes it cannot delete any.
GRANT SELECT, INSERT ON public.audit_entries TO taskwire_web;
GRANT SELECT, DELETE ON public.audit_entries TO taskwire_worker;

COMMIT;
