"""Databases: dumped and restored with Postgres's own programs, in a stream, without a password in any argument.

database.py    where a database is and who may go there: a URL, taken apart
tunnel.py      TLS to a server of Heroku's for programs that were built without it
programs.py    pg_dump, pg_restore and psql, as argv and environ
copying.py     a dump or an archive into a restore, byte by byte, also for a server older than the programs
archive.py     what an archive says that it has
extensions.py  which extensions a server has, and what uses those that another one lacks
asking.py      what is in a database: tables, rows, extensions, size
"""
