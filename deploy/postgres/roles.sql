-- The three roles of an installation in the schema public. Once, by a superuser, in the installation's database:
--   psql -v ON_ERROR_STOP=1 -f deploy/postgres/roles.sql postgres://superuser@…/…
-- None has a password yet: set one for each (\password taskwire_web). Take the name of another schema for public, here and in
-- grants.sql, if the installation lives there.

-- Owns the tables and migrates them. No process that serves anybody runs as this one.
CREATE ROLE taskwire_owner LOGIN;
-- For processes with ROLE=web, ROLE=worker. For ROLE=all: a role of your own that is granted both.
CREATE ROLE taskwire_web LOGIN;
CREATE ROLE taskwire_worker LOGIN;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO taskwire_owner;
GRANT USAGE ON SCHEMA public TO taskwire_web, taskwire_worker;
