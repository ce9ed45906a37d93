import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cached } from './cache.js';
import { Child } from './child.js';

/** Of Kafka. */
export const KAFKA_VERSION = '4.3.1';
const LOG4J_VERSION = '2.25.1';

/** Kafka as a dependency; log4j by hand, because Kafka names no logging backend. */
const POM = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>taskwire</groupId>
  <artifactId>test-kafka</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', KAFKA_VERSION)}
    ${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', LOG4J_VERSION)}
    ${dependency('org.apache.logging.log4j', 'log4j-core', LOG4J_VERSION)}
  </dependencies>
</project>
`;

/** The Java class path of a Kafka broker, fetched with Maven the first time (44 MB). Needs `java` and `mvn`. */
export async function kafkaClassPath(): Promise<string> {
  const folder = await cached(`kafka-${KAFKA_VERSION}`, async (dir) => {
    await Child.run('java', ['-version']);
    await writeFile(join(dir, 'pom.xml'), POM);
    await Child.run('mvn', ['-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib'], {
      cwd: dir,
    });
  });
  return join(folder, 'lib', '*');
}

function dependency(group: string, artifact: string, version: string): string {
  return `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
}
