"""Kernels that start at once: copies of a process which has imported already what each lecture imports."""

import os
from multiprocessing import get_all_start_methods, get_context
from uuid import uuid4

from ipykernel.kernelapp import IPKernelApp
from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.manager import AsyncKernelManager
from jupyter_client.provisioning import LocalProvisioner

OF_EACH_KERNEL = [__name__, "ipykernel.debugger"]
CONTEXT = get_context("forkserver" if "forkserver" in get_all_start_methods() else "spawn")  # the latter on Windows


def import_before(modules: list[str]) -> None:
    """Name modules which the kernels are to find imported; call it before the first kernel starts."""
    if CONTEXT.get_start_method() == "forkserver":
        os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # or the debugger warns that it may miss breakpoints
        CONTEXT.set_forkserver_preload([*OF_EACH_KERNEL, *modules])


class KernelProcess(CONTEXT.Process):
    """A kernel, with the methods of `subprocess.Popen` that jupyter_client asks for. It ends when its parent does."""

    stdin = stdout = stderr = None

    def __init__(self, arguments: list[str], folder: str, environment: dict[str, str]) -> None:
        super().__init__(daemon=True)
        self.arguments, self.folder, self.environment = arguments, folder, environment

    def run(self) -> None:
        """Be a kernel until a client shuts it down."""
        os.chdir(self.folder)
        os.environ.update(self.environment)
        IPKernelApp.launch_instance(argv=[*self.arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])

    def poll(self) -> int | None:
        """The exit code, None while it runs."""
        return self.exitcode

    def wait(self) -> int | None:
        """The exit code, once it has ended."""
        self.join()
        return self.exitcode

    def send_signal(self, signum: int) -> None:
        """Send a signal."""
        os.kill(self.pid, signum)


class WarmProvisioner(LocalProvisioner):
    """Starts a `KernelProcess` where others start a program."""

    async def launch_kernel(self, cmd: list[str], **options: object) -> KernelConnectionInfo:
        """Start the process; of the command it takes what follows the launcher: `-f <connection file> ...`."""
        self.process = KernelProcess(cmd[cmd.index("-f") :], options["cwd"], options["env"])
        self.process.start()
        self.pid = self.process.pid
        return self.connection_info


class WarmKernelManager(AsyncKernelManager):
    """The manager of such a kernel, for nbclient."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)
        self.provisioner = WarmProvisioner(kernel_id=str(uuid4()), kernel_spec=self.kernel_spec, parent=self)
