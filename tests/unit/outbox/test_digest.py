from random import Random

from hypothesis import given
from hypothesis import strategies as st

from shared.outbox.digest import BUCKETS, digest_buckets, state_checksum
from shared.pb.hybridcloud.replication.v1 import replica_pb2

pairs = st.lists(st.tuples(st.integers(1, 2**63 - 1), st.integers(1, 2**63 - 1)), unique_by=lambda pair: pair[0])


@given(pairs, st.randoms(use_true_random=False))
def test_equal_sets_have_equal_digests_however_they_are_listed(listed: list[tuple[int, int]], rng: Random) -> None:
    shuffled = rng.sample(listed, len(listed))
    assert digest_buckets(listed) == digest_buckets(shuffled)


@given(pairs)
def test_every_digest_fits_into_64_bits(listed: list[tuple[int, int]]) -> None:
    assert all(0 <= digest < 2**64 for digest in digest_buckets(listed))


def test_nothing_held_has_the_digest_zero_everywhere() -> None:
    assert digest_buckets([]) == [0] * BUCKETS


def test_a_new_version_changes_the_digest_of_its_bucket_alone() -> None:
    before, after = digest_buckets([(1, 1), (2, 1)]), digest_buckets([(1, 1), (2, 2)])
    assert [bucket for bucket in range(BUCKETS) if before[bucket] != after[bucket]] == [2]


def test_objects_of_one_bucket_do_not_hide_each_others_swapped_versions() -> None:
    assert digest_buckets([(1, 1), (1 + BUCKETS, 2)]) != digest_buckets([(1, 2), (1 + BUCKETS, 1)])


def test_a_tombstone_has_no_checksum() -> None:
    assert state_checksum(replica_pb2.Change(object_id=1, version=3)) == b""


def test_the_checksum_is_of_the_state_not_of_its_version_or_the_order_of_its_maps() -> None:
    one, other = replica_pb2.Change(version=1), replica_pb2.Change(version=2)
    one.app.sentry_app.metadata.update({"tier": "gold", "seats": 3})
    other.app.sentry_app.metadata.update({"seats": 3, "tier": "gold"})
    assert state_checksum(one) == state_checksum(other)
    other.app.sentry_app.name = "Kanban"
    assert state_checksum(one) != state_checksum(other)
