from urllib.parse import urlsplit

import psycopg
import pytest

from shared.database.connect import connect


@pytest.mark.postgres
def test_text_is_text_in_a_database_without_an_encoding(postgres_url: str) -> None:
    name = urlsplit(postgres_url).path.lstrip("/")
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(
            f"CREATE DATABASE {name}_bytes ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0".encode()
        )
    database = connect(postgres_url.replace(f"/{name}?", f"/{name}_bytes?"))
    with database.session():
        assert database.rows("SELECT ?::text", ("Grüße 🌍",)) == [("Grüße 🌍",)]
    database.close()
