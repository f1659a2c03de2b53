import { Button } from '@mantine/core';
import type { Device } from '@vfleet/contracts';
import { useAct } from '../../api/act.js';
import { useAsOf } from '../../app/as-of.js';
import { confirm } from '../../parts/confirmation.js';

/** Takes the device out of what may be given, or lets it be given again. */
export const CordonButton = ({ device: { deviceId, address, hostId, cordoned, reservation } }: { readonly device: Device }) => {
  const asOf = useAsOf();
  const cordon = useAct('devices.cordon', () => `${address} on ${hostId} is cordoned`);
  const uncordon = useAct('devices.uncordon', () => `${address} on ${hostId} may be given again`);
  const ask = async (): Promise<void> => {
    const yes = await confirm({
      title: cordoned ? `Uncordon ${address}?` : `Cordon ${address}?`,
      does: cordoned ? 'Uncordon' : 'Cordon',
      children: cordoned
        ? `The device on ${hostId} may be given to VMs again.`
        : `The device on ${hostId} is given to no VM any more.${reservation ? ` ${reservation.vmId} keeps it until it gives it back.` : ''}`,
    });
    if (yes) (cordoned ? uncordon : cordon).mutate({ deviceId });
  };
  return (
    <Button variant="default" disabled={asOf !== undefined} loading={cordon.isPending || uncordon.isPending} onClick={() => void ask()}>
      {cordoned ? 'Uncordon' : 'Cordon'}
    </Button>
  );
};
