import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { invalidRequest, validate, type Message } from '@vfleet/contracts';

/** Checks each request against the message class of its handler's parameter; what is not understood is refused, every field named. */
@Injectable()
export class ContractPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type !== 'body' || !metatype || metatype === Object) return value;
    const checked = validate(metatype as Message, value, 'refuse');
    if (!checked.ok) throw invalidRequest(checked.faults);
    return checked.value;
  }
}
