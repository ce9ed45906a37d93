import { stackFrames } from './stack-frames.js';

const JAVA = `org.springframework.kafka.listener.ListenerExecutionFailedException: Listener failed
\tat org.springframework.kafka.listener.Container.decorate(Container.java:2873)
Caused by: java.lang.NumberFormatException: For input string: "x"
\tat java.base/java.lang.Integer.parseInt(Integer.java:652)
\tat shop.Price.lambda$each$7(Price.java:12)
\tat shop.Orders$$SpringCGLIB$$0.take(<generated>)
\tat app//shop.Orders.take(Orders.java:41)
\tat shop.Main.main(Main.java:3)
\t... 11 more`;

const JAVASCRIPT = `TypeError: Cannot read properties of undefined (reading 'id')
    at node:internal/process/task_queues:95:5
    at Price.each (file:///app/dist/price.js:12:34)
    at async Orders.take [as run] (/srv/v2/dist/orders.js:41:5)
    at /srv/v2/dist/main.js:3:1
    at processTicks (node:internal/process/task_queues:95:5)`;

const PYTHON = `Traceback (most recent call last):
  File "/app/main.py", line 3, in <module>
    run()
  File "/app/orders.py", line 41, in take
    each(order)
  File "/venv/lib/python3.11/site-packages/shop/price.py", line 12, in each
    return total / count
ZeroDivisionError: division by zero`;

describe('stackFrames', () => {
  it.each([
    ['Java', JAVA, ['shop.Price.lambda$each$#', 'shop.Orders#.take', 'shop.Orders.take']],
    ['JavaScript', JAVASCRIPT, ['price.js:Price.each', 'orders.js:async Orders.take [as run]', 'main.js:']],
    ['Python', PYTHON, ['price.py:each', 'orders.py:take', 'main.py:<module>']],
  ])(
    "are the innermost three of %s, without line numbers, folders and the runtime's own",
    (_, stack, frames) => {
      expect(stackFrames(stack)).toEqual(frames);
    },
  );

  it("are the runtime's own where there are no others", () => {
    expect(stackFrames('E: x\n\tat java.base/java.lang.Integer.parseInt(Integer.java:652)')).toEqual([
      'java.lang.Integer.parseInt',
    ]);
  });

  it('are none in a text that is no stack', () => {
    expect(stackFrames('it failed at 12:30\nand nobody knows why')).toEqual([]);
  });
});
