/** What a Prometheus server collects. */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

export class Metrics {
  readonly registry = new Registry()
  readonly requests: Histogram<'method' | 'route' | 'status'>
  readonly signIns: Counter<'outcome'>
  readonly webhooks: Counter<'bridge' | 'outcome'>
  constructor(version: string) {
    const registers = [this.registry]
    collectDefaultMetrics({ register: this.registry, prefix: 'turno_' })
    new Gauge({ name: 'turno_info', help: 'The running program.', labelNames: ['version'], registers }).set({ version }, 1)
    this.requests = new Histogram({
      name: 'turno_http_request_seconds', help: 'Requests by route.', labelNames: ['method', 'route', 'status'], registers,
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    })
    this.signIns = new Counter({ name: 'turno_sign_ins_total', help: 'Attempts to sign in.', labelNames: ['outcome'], registers })
    this.webhooks = new Counter({ name: 'turno_webhooks_total', help: 'Calls of providers.', labelNames: ['bridge', 'outcome'], registers })
  }

  /** A figure that is looked up when it is asked for; a figure that cannot be had then is left out. */
  gauge(name: string, help: string, read: () => number | Promise<number>): void {
    new Gauge({
      name, help, registers: [this.registry],
      async collect() {
        try {
          this.set(await read())
        } catch {
          this.reset()
        }
      },
    })
  }
}
