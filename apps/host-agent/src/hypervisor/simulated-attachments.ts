import { readFileSync } from 'node:fs';
import { isMapping } from '../configuration/simulated-fault.js';
import { replaceFile } from '../durable-file.js';

/** What is known of one device and one VM. */
export interface SimulatedAttachment {
  readonly vmId: string;
  readonly deviceId: string;
  readonly address: string;
  readonly guestAddress: string;
  /** False: was taken out, and is known to be out. */
  readonly attached: boolean;
}

/** The attachments of a host without a hypervisor, in a file so that they outlive the agent. */
export interface SimulatedAttachments {
  readonly all: readonly SimulatedAttachment[];
  of(vmId: string, deviceId: string): SimulatedAttachment | undefined;
  put(attachment: SimulatedAttachment): void;
  /** Forgets a VM that has ended; whether it had anything. */
  forget(vmId: string): boolean;
}

/** More devices that are out than anybody asks about. */
const KEPT = 4_096;

export const simulatedAttachments = (file: string): SimulatedAttachments => {
  let all = load(file);
  const replace = (next: readonly SimulatedAttachment[]): void => {
    all = next;
    replaceFile(file, JSON.stringify(all));
  };
  const others = ({ vmId, deviceId }: SimulatedAttachment): readonly SimulatedAttachment[] =>
    all.filter((one) => one.vmId !== vmId || one.deviceId !== deviceId);
  return {
    get all() {
      return all;
    },
    of: (vmId, deviceId) => all.find((one) => one.vmId === vmId && one.deviceId === deviceId),
    put: (attachment) => {
      const next = [...others(attachment), attachment];
      replace(next.length > KEPT ? next.filter(({ attached }, index) => attached || index >= next.length - KEPT) : next);
    },
    forget: (vmId) => {
      const mine = all.filter((one) => one.vmId === vmId);
      if (mine.length > 0) replace(all.filter((one) => one.vmId !== vmId));
      return mine.some(({ attached }) => attached);
    },
  };
};

const load = (file: string): readonly SimulatedAttachment[] => {
  try {
    const kept: unknown = JSON.parse(readFileSync(file, 'utf8'));
    return Array.isArray(kept) ? kept.filter(isMapping).map((one) => one as unknown as SimulatedAttachment) : [];
  } catch {
    return [];
  }
};
