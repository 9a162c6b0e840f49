"""Messages of a kernel reach the browser when they are sent."""

from asyncio import Future

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection


class PromptConnection(ZMQChannelsWebsocketConnection):
    """Jupyter's own, but its small messages do not wait for each other.

    By default, TCP holds a small message back until the one before has been confirmed, and a browser takes up to 40 ms
    to confirm one: each picture of a film, and the answer to each tick of a slider, came late by that.
    """

    def connect(self) -> Future[None] | None:
        """As Jupyter's; then see tornado's `set_nodelay`."""
        self.websocket_handler.set_nodelay(True)
        return super().connect()
