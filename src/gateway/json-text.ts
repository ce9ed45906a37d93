import { Decoder, Encoder, PacketType, type Packet } from 'socket.io-parser';

/** JSON text on its way to a socket, where it arrives as the `T` that it stands for. */
export class JsonText<T> {
  constructor(readonly text: string) {}

  toJSON(): T {
    return JSON.parse(this.text) as T;
  }
}

/**
 * Socket.IO's own encoder, but for messages whose last argument is JSON text: those are put together, not parsed and
 * printed, so that an event with many followers is written once, and its numbers digit for digit.
 */
class JsonTextEncoder extends Encoder {
  override encode(packet: Packet): unknown[] {
    const args: unknown = packet.data;
    const last: unknown = Array.isArray(args) ? args.at(-1) : undefined;
    if (!(last instanceof JsonText) || !Array.isArray(args)) return super.encode(packet);
    const others = args.slice(0, -1).map((arg) => `${JSON.stringify(arg)},`);
    return [`${head(packet)}[${others.join('')}${last.text}]`];
  }
}

/** What goes before the arguments: https://socket.io/docs/v4/socket-io-protocol/#packet-encoding */
function head({ type, nsp, id }: Packet): string {
  if (type !== PacketType.EVENT && type !== PacketType.ACK)
    throw new Error('only events and acknowledgements take arguments');
  return `${type}${nsp === '/' ? '' : `${nsp},`}${id ?? ''}`;
}

/** For Socket.IO's option `parser`. Clients need none. */
export const jsonTextParser = { Encoder: JsonTextEncoder, Decoder };
