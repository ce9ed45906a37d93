import { decompress as decompressZstd } from 'fzstd';
import kafkajs from 'kafkajs';
import snappyCodec from 'kafkajs-snappy';
import { decompress as decompressLz4 } from 'lz4js';

// Node does not find this export by its name.
const { CompressionCodecs, CompressionTypes } = kafkajs;

/**
 * Teaches kafkajs to read what other clients compressed; without a codec one such batch ends the consumer. gzip is
 * built in. We write uncompressed, so lz4 and zstd need no compressor. Registering is global to kafkajs; twice is harmless.
 */
export function registerCompressionCodecs(): void {
  CompressionCodecs[CompressionTypes.Snappy] = snappyCodec;
  CompressionCodecs[CompressionTypes.LZ4] = () => readingWith(decompressLz4);
  CompressionCodecs[CompressionTypes.ZSTD] = () => readingWith(decompressZstd);
}

function readingWith(decompress: (data: Uint8Array) => Uint8Array): object {
  return {
    compress: () => Promise.reject(new Error('Taskwire does not compress what it writes')),
    decompress: (data: Buffer) => {
      const plain = decompress(data);
      return Promise.resolve(Buffer.from(plain.buffer, plain.byteOffset, plain.byteLength));
    },
  };
}
