// The world's time between heartbeats.

let base = 0;
let at = 0;
let speed = 1;

export function setWorldTime(worldTime: number, worldSpeed: number): void {
  base = worldTime;
  at = performance.now();
  speed = worldSpeed;
}

/** Unix milliseconds of world time; the newest heartbeat's time, carried on for at most 20 s. */
export const worldNow = (): number => base + Math.min(performance.now() - at, 20_000) * speed;

export const worldKnown = (): boolean => at > 0;
