"""The sentences of the replication contract, by their numbers, for whoever is told that one of them is broken.

They stand at the top of ``replica_service.proto``; a test holds these to those.
"""

from collections.abc import Mapping

CONTRACT: Mapping[int, str] = {
    1: "State and its messages commit together or not at all.",
    2: "Delivery is at least once; applying is idempotent and monotonic: a version not newer than the replica's is a "
    "successful no-op; a tombstone outranks every older version, so a late upsert cannot resurrect.",
    3: "For each object, the sequence of states a region shows is a subsequence of the states control committed, and "
    "ends equal to control's last one once writes stop and the silos can talk.",
    4: "Nothing is promised about order between objects. A replica may arrive before the thing it refers to.",
    5: "A failing object delays no other object. A failing region delays no other region.",
    6: "A write never waits for, and never fails because of, a region.",
    7: "A reader that presents a consistency token never sees a state older than the token.",
    8: "A region holds, is sent and can read nothing outside its interest.",
}
