/** These packages bring no types. */
declare module 'kafkajs-snappy' {
  const codec: () => object;
  export default codec;
}

declare module 'lz4js' {
  /** Reads an LZ4 frame. */
  export function decompress(data: Uint8Array): Uint8Array;
}
