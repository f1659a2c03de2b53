import type { Migration } from '@vfleet/contracts';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { sayDuration } from '../../parts/time.js';

const HEIGHT = 150;
/** Fewer points say nothing that the table does not. */
const LEAST = 3;

/** Seconds and milliseconds, oldest first, as uPlot takes them. */
const toPoints = (migrations: readonly Migration[]): readonly [number[], number[]] => {
  const measured = migrations.filter(({ interruptionMs }) => interruptionMs !== null).toReversed();
  return [measured.map(({ startedAt }) => Date.parse(startedAt) / 1_000), measured.map(({ interruptionMs }) => interruptionMs as number)];
};

const colour = (element: Element, name: string): string => getComputedStyle(element).getPropertyValue(name);

const draw = (place: HTMLElement, points: readonly [number[], number[]]): uPlot => {
  const text = colour(place, '--mantine-color-text');
  const axis = { stroke: text, grid: { stroke: colour(place, '--page-line') }, font: '12px system-ui, sans-serif' };
  const values = (_: uPlot, ticks: number[]): string[] => ticks.map(sayDuration);
  return new uPlot(
    {
      width: place.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { show: false },
      axes: [axis, { ...axis, size: 70, values }],
      series: [{}, { stroke: colour(place, '--mantine-color-anchor'), points: { show: true, size: 6 }, paths: () => null }],
    },
    [points[0], points[1]],
    place,
  );
};

/** How long VMs were without their devices, move by move. The table beside it has the figures for those who cannot see it. */
export const InterruptionChart = ({ migrations }: { readonly migrations: readonly Migration[] }) => {
  const place = useRef<HTMLDivElement>(null);
  const points = toPoints(migrations);
  const key = points.flat().join();
  const scheme = document.documentElement.dataset['mantineColorScheme'];
  useEffect(() => {
    const element = place.current;
    if (!element || points[0].length < LEAST) return;
    const plot = draw(element, points);
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => (observer.disconnect(), plot.destroy());
  }, [key, scheme]);
  if (points[0].length < LEAST) return null;
  return (
    <figure className="chart">
      <figcaption>Interruption, from the first device unplugged to the last one plugged</figcaption>
      <div ref={place} role="img" aria-label={`Interruption of ${points[0].length} migrations; the figures are in the table`} />
    </figure>
  );
};
