"""A virtualisation platform of two VMs: one gets its devices, the other is told why it does not."""
import asyncio
import json
import os
from datetime import datetime, timezone
from pathlib import Path

from nats_text import Nats, Refused


def nats_url():
    """The server: VFLEET_NATS_URL, else that of the local system which `npm start` has started in this folder."""
    data = Path(os.environ.get("VFLEET_DATA_DIR") or ".vfleet")
    return os.environ.get("VFLEET_NATS_URL") or json.loads((data / "endpoints.json").read_text())["natsUrl"]


async def report(nats, vm_id, state, host_id, **wish):
    """Tells a state; what became of it is written when the answer comes."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return await nats.request("vfleet.api.vms.report", {"vmId": vm_id, "state": state, "hostId": host_id, "occurredAt": now, **wish})


async def main():
    nats = await Nats.connect(nats_url())
    wish = [{"name": "data", "device": "10GE", "count": 2}, {"name": "disk", "device": "NVME"}]
    outcome = await report(nats, "vm-py", "starting", "sim-08", devices=wish)
    for device in outcome["reservation"]["devices"]:
        print(f"vm-py gets {device['address']} for {device['requestName']}")
    # Here the hypervisor starts the VM with these devices.
    await report(nats, "vm-py", "running", "sim-08")

    try:
        await report(nats, "vm-py-2", "starting", "sim-08", devices=[{"device": "NVME", "count": 2}])
    except Refused as refusal:
        print(f"vm-py-2 is refused: {refusal.code}")
        for unmet in refusal.details["unmet"]:
            for reason in unmet["reasons"]:
                print(f"  {unmet['requestName']}: {reason['code']} ×{reason['count']}, such as {reason['example']}")

    outcome = await report(nats, "vm-py", "stopped", "sim-08")
    print(f"vm-py has stopped and gives back {outcome['released']} devices")
    await nats.close()


asyncio.run(main())
