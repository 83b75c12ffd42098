import { assert } from "@sealwright/types";
import { Counter, Gauge, Histogram, Registry } from "prom-client";

/** What a metric is called and says. Its name is checked: base units, one prefix of three. */
export interface MetricOptions<Label extends string> {
  /** Starts with sealwright_, process_ or nodejs_; ends in its base unit, and a counter in _total. */
  readonly name: string;
  /** One sentence for whoever meets it in a dashboard. */
  readonly help: string;
  /** Each with few values: never a key, a hash, or an address of a client. */
  readonly labels?: readonly Label[];
  /** Label values to show at 0 from the start, so that a panel or an alert never finds nothing. */
  readonly series?: readonly Readonly<Record<Label, string>>[];
}

/** As for every metric, and how it is read. */
export interface GaugeOptions<Label extends string> extends MetricOptions<Label> {
  /** Sets the gauge when it is read; must be quick. */
  readonly collect?: (gauge: Gauge<Label>) => void;
}

/** As for every metric, and where it counts. */
export interface HistogramOptions<Label extends string> extends MetricOptions<Label> {
  /** Upper bounds in the metric's unit, ascending; by default times from 1 ms to 30 s. */
  readonly buckets?: readonly number[];
}

/** The metrics of one node. */
export interface Metrics {
  counter<Label extends string = never>(options: MetricOptions<Label>): Counter<Label>;
  gauge<Label extends string = never>(options: GaugeOptions<Label>): Gauge<Label>;
  histogram<Label extends string = never>(options: HistogramOptions<Label>): Histogram<Label>;
  /** Called before every reading, for metrics that are copied from elsewhere. */
  beforeRead(collect: () => void): void;
  /** Prometheus text format 0.0.4. */
  text(): Promise<string>;
}

/** From 1 ms to 30 s: blocks, requests and signatures fit between. */
export const SECONDS_BUCKETS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30,
];

const NAME = /^(sealwright|process|nodejs)(_[a-z0-9]+)+$/;
const FOREIGN_UNIT =
  /_(ms|us|ns|millis|milliseconds|microseconds|minutes|hours|kb|mb|kilobytes|megabytes|percent)(_|$)/;
const HISTOGRAM_UNIT = /_(seconds|bytes|ratio|messages|keepers|blocks|signers|gas)$/;

/** A registry of its own, empty: several nodes of one process do not mix. A bad name is our bug and asserts. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  const collectors: (() => void)[] = [];
  const common = <Label extends string>({ name, help, labels }: MetricOptions<Label>) => {
    assert(NAME.test(name) && !FOREIGN_UNIT.test(name), `not a metric name in base units: ${name}`);
    assert(help.length > 0, `${name} needs a help text`);
    return { name, help, labelNames: labels ?? [], registers: [registry] };
  };
  return {
    counter: (options) => {
      assert(options.name.endsWith("_total"), `a counter's name ends in _total: ${options.name}`);
      const counter = new Counter(common(options));
      for (const labels of options.series ?? []) counter.inc(labels as never, 0);
      return counter;
    },
    gauge: (options) => {
      assert(!options.name.endsWith("_total"), `only a counter's name ends in _total: ${options.name}`);
      const gauge = new Gauge(common(options));
      for (const labels of options.series ?? []) gauge.set(labels as never, 0);
      const { collect } = options;
      if (collect !== undefined) collectors.push(() => collect(gauge));
      return gauge;
    },
    histogram: (options) => {
      assert(HISTOGRAM_UNIT.test(options.name), `a histogram's name ends in its unit: ${options.name}`);
      const histogram = new Histogram({ ...common(options), buckets: [...(options.buckets ?? SECONDS_BUCKETS)] });
      for (const labels of options.series ?? []) histogram.zero(labels);
      return histogram;
    },
    beforeRead: (collect) => void collectors.push(collect),
    text: () => {
      for (const collect of collectors) collect();
      return registry.metrics();
    },
  };
}

export type { Counter, Gauge, Histogram };
