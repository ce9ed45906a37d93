import { Decoder, Encoder, PacketType, type Packet } from 'socket.io-parser';

/** JSON text on its way to a socket, where it arrives as the `T` that it stands for. */
export class JsonText<T> {
  constructor(readonly text: string) {}

  toJSON(): T {
    return JSON.parse(this.text) as T;
  }
}

/**
 * Socket.IO's own encoder, but for acknowledgements of JSON text: those are put together, not parsed and printed, so that
 * numbers stay digit for digit. https://socket.io/docs/v4/socket-io-protocol/#packet-encoding
 */
class JsonTextEncoder extends Encoder {
  override encode(packet: Packet): unknown[] {
    const [answer]: unknown[] = packet.type === PacketType.ACK ? (packet.data as unknown[]) : [];
    if (!(answer instanceof JsonText)) return super.encode(packet);
    return [`${packet.type}${packet.id}[${answer.text}]`];
  }
}

/** For Socket.IO's option `parser`. Clients need none. */
export const jsonTextParser = { Encoder: JsonTextEncoder, Decoder };
