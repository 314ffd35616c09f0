/** The lines that everything is measured with: JSON as an application in front of HTTP writes it, 220 bytes each on average. */
import { between, seeded } from '../../src/pipeline/kernel/testing/random.ts';

const levels = ['debug', 'info', 'info', 'info', 'info', 'info', 'info', 'warn', 'error'];
const methods = ['GET', 'GET', 'GET', 'POST', 'PUT', 'DELETE'];
const paths = ['/api/v1/orders', '/api/v1/orders/items', '/login', '/static/app.js', '/health', '/api/v1/users/me'];
const statuses = [200, 200, 200, 200, 201, 204, 301, 404, 500, 503];
const agents = ['Mozilla/5.0 (X11; Linux x86_64)', 'curl/8.5.0', 'okhttp/4.12', 'Go-http-client/2.0'];

/** Each call gives the next line with its newline, ASCII only; the same seed gives the same lines. */
export function lineGenerator(seed: number): () => string {
  const random = seeded(seed);
  const one = <T>(of: readonly T[]): T => of[between(random, 0, of.length - 1)] as T; // an index of the array itself
  const hex = () =>
    between(random, 0, 2 ** 32 - 1)
      .toString(16)
      .padStart(8, '0');
  let timeMs = Date.UTC(2026, 0, 1);
  return () => {
    timeMs += between(random, 0, 3);
    const level = one(levels);
    const request = `"method":"${one(methods)}","path":"${one(paths)}","status":${one(statuses)},"duration_ms":${between(random, 1, 1_500)}`;
    const client = `"client":"192.0.2.${between(random, 1, 254)}","agent":"${one(agents)}"`;
    return `{"time":"${new Date(timeMs).toISOString()}","level":"${level}",${request},${client},"trace_id":"${hex()}${hex()}","bytes_out":${between(random, 0, 60_000)}}\n`;
  };
}
