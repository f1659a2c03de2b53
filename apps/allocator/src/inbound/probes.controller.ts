import { Controller } from '@nestjs/common';
import { MessagePattern, Payload } from '@nestjs/microservices';
import { ProbeHosts, agentSubject, type HostsProbed } from '@vfleet/contracts';
import { REQUESTS } from '@vfleet/messaging';
import { InjectPlatform, type Platform } from '@vfleet/service-kit';
import { FleetMemory } from '../fleet-memory.js';

/** Agents that have not answered by then count as unreachable; whoever asks waits no longer by default. */
const PATIENCE_MS = 4_000;

/** Has agents look at their hardware. What they find comes in as facts; what differs from what is known is told by their digests. */
@Controller()
export class ProbesController {
  constructor(
    private readonly memory: FleetMemory,
    @InjectPlatform() private readonly platform: Platform,
  ) {}

  @MessagePattern('vfleet.api.hosts.probe', REQUESTS)
  async probe(@Payload() { hostIds }: ProbeHosts): Promise<HostsProbed> {
    const asked = [...new Set(hostIds ?? this.memory.hostIds())].sort();
    const answered = await Promise.all(asked.map((hostId) => this.answers(hostId)));
    return { probed: asked.filter((_, index) => answered[index]), unreachable: asked.filter((_, index) => !answered[index]) };
  }

  private async answers(hostId: string): Promise<boolean> {
    try {
      const reply = await this.platform.nats.request(agentSubject(hostId, 'probe'), '{}', { timeout: PATIENCE_MS });
      return Number(reply.headers?.get('Nats-Service-Error-Code') || 0) === 0;
    } catch {
      return false;
    }
  }
}
