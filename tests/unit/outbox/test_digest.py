from random import Random

from hypothesis import given
from hypothesis import strategies as st

from shared.outbox.digest import BUCKETS, digest_buckets, state_checksum
from shared.pb.hybridcloud.replication.v1 import replica_pb2

NUMBERS = st.integers(1, 2**63 - 1)
objects = st.lists(st.tuples(NUMBERS, NUMBERS, st.binary(max_size=32)), unique_by=lambda each: each[0])


@given(objects, st.randoms(use_true_random=False))
def test_equal_sets_have_equal_digests_however_they_are_listed(
    listed: list[tuple[int, int, bytes]], rng: Random
) -> None:
    shuffled = rng.sample(listed, len(listed))
    assert digest_buckets(listed) == digest_buckets(shuffled)
    assert digest_buckets(listed, with_states=True) == digest_buckets(shuffled, with_states=True)


@given(objects)
def test_every_digest_fits_into_64_bits(listed: list[tuple[int, int, bytes]]) -> None:
    assert all(0 <= digest < 2**64 for digest in digest_buckets(listed))


def test_nothing_held_has_the_digest_zero_everywhere() -> None:
    assert digest_buckets([]) == [0] * BUCKETS


def test_a_new_version_changes_the_digest_of_its_bucket_alone() -> None:
    before, after = digest_buckets([(1, 1, b""), (2, 1, b"")]), digest_buckets([(1, 1, b""), (2, 2, b"")])
    assert [bucket for bucket in range(BUCKETS) if before[bucket] != after[bucket]] == [2]


def test_objects_of_one_bucket_do_not_hide_each_others_swapped_versions() -> None:
    swapped = [(1, 2, b""), (1 + BUCKETS, 1, b"")]
    assert digest_buckets([(1, 1, b""), (1 + BUCKETS, 2, b"")]) != digest_buckets(swapped)


def test_a_state_counts_in_digests_of_states_alone() -> None:
    one, other = [(1, 1, b"one")], [(1, 1, b"other")]
    assert digest_buckets(one) == digest_buckets(other)
    assert digest_buckets(one, with_states=True) != digest_buckets(other, with_states=True)


def test_a_tombstone_has_no_checksum() -> None:
    assert state_checksum(replica_pb2.Change(object_id=1, version=3)) == b""


def test_the_checksum_is_of_the_state_not_of_its_version_or_the_order_of_its_maps() -> None:
    one, other = replica_pb2.Change(version=1), replica_pb2.Change(version=2)
    one.app.sentry_app.metadata.update({"tier": "gold", "seats": 3})
    other.app.sentry_app.metadata.update({"seats": 3, "tier": "gold"})
    assert state_checksum(one) == state_checksum(other)
    other.app.sentry_app.name = "Kanban"
    assert state_checksum(one) != state_checksum(other)
