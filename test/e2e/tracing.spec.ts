import { Client } from '../support/client.js';
import { eventually } from '../support/eventually.js';
import { describeWithServices } from '../support/services.js';
import { TraceCollector } from '../support/trace-collector.js';
import { jsonOf, Worker, type ReceivedRecord } from '../support/worker.js';
import { Installation, PATIENCE } from './installation.js';

/** As a browser or a backend would send it. */
const CALLER = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

describeWithServices('a trace', ['kafka', 'postgres'], () => {
  let collector: TraceCollector;
  let installation: Installation;
  let worker: Worker;

  beforeAll(async () => {
    collector = await TraceCollector.start();
    const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url };
    [installation, worker] = await Promise.all([Installation.create({ env }), Worker.connect()]);
  });
  afterAll(() => Promise.all([installation.close(), worker.close(), collector.close()]));

  it('goes from the caller through the request and the publishing to the worker', async () => {
    const { requestTopic, resultTopic } = installation;
    const taskwire = await installation.start('all');
    const requests = await worker.work(requestTopic, resultTopic, (request: ReceivedRecord) => {
      return { value: JSON.stringify({ taskId: jsonOf(request).taskId, status: 'DONE' }) };
    });
    const response = await fetch(`${taskwire.url}/v1/tasks`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        traceparent: `00-${CALLER.traceId}-${CALLER.spanId}-01`,
      },
      body: '{"payload":{}}',
    });
    const { id } = (await response.json()) as { id: string };
    await eventually(async () => {
      expect(await new Client(taskwire.url).task(id)).toMatchObject({ status: 'succeeded' });
    }, PATIENCE);
    expect(await taskwire.stop('SIGTERM')).toBe(0);

    const spanOf = (name: string) => collector.spans.filter((span) => span.name === name);
    const [request] = spanOf('POST /v1/tasks');
    expect(request).toMatchObject({ traceId: CALLER.traceId, parentSpanId: CALLER.spanId });
    expect(spanOf('publish requests')).toMatchObject([
      { traceId: CALLER.traceId, parentSpanId: request?.spanId },
    ]);
    expect(requests[0]?.headers.traceparent).toBe(`00-${CALLER.traceId}-${request?.spanId}-01`);
    expect(spanOf('process records')).not.toEqual([]);
  });
});
