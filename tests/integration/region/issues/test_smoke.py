from tests.integration.region.issues.world import World, exception


def test_smoke(world: World) -> None:
    print(world.send(exception()))
    import json
    issue = world.issue()
    print(json.dumps(issue, indent=1))
    r = world.owner.get(f"/organizations/{world.org}/issues/{issue['shortId']}/events/latest/")
    print(r.status_code, r.text)
    r = world.owner.put(f"/issues/{issue['id']}/", {"status": "resolved", "assignedTo": world.owner.email})
    print(r.status_code, r.text)
    world.send(exception())
    print(world.issue()["status"], world.issue()["substatus"], world.activity(issue["id"]))
    r = world.owner.post(f"/issues/{issue['id']}/comments/", {"text": "hello"})
    print(r.status_code, r.text)
    r = world.owner.get(f"/issues/{issue['id']}/comments/")
    print(r.status_code, r.headers, r.text)
    r = world.owner.get(f"/projects/{world.org}/web/keys/")
    print(r.status_code, r.text)
