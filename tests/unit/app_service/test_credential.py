from shared.app_service.credential import take_credential
from shared.pb.hybridcloud.apps.v1 import app_pb2


def test_an_app_is_without_its_credential_once_that_was_taken() -> None:
    app = app_pb2.RpcSentryApp(
        name="Kanban",
        webhook_url="https://me:secret@app.example/hook",
        webhook_headers=["X-Key: secret"],
        creator_label="ada@acme.example",
        metadata={"partnership": True},
        application=app_pb2.RpcApiApplication(client_id="id", client_secret="secret"),
    )
    whole = app_pb2.RpcSentryApp.FromString(app.SerializeToString())
    part = take_credential(app)
    assert app == app_pb2.RpcSentryApp(
        name="Kanban",
        webhook_url="https://app.example/hook",
        application=app_pb2.RpcApiApplication(client_id="id"),
    )
    app.MergeFrom(part)
    assert app == whole
