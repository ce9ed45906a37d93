/** How long the tests with random histories go on, and where they begin. */
export interface ModelRun {
  /** Steps of histories, at the least. */
  steps: number;
  /** Where fast-check begins; it prints the seed of a failure. */
  seed: number;
}

/** `MODEL_STEPS`, by default as many as given, and `MODEL_SEED`, by default another one each time. */
export function modelRun(steps: number): ModelRun {
  const { MODEL_STEPS, MODEL_SEED } = process.env;
  return {
    steps: MODEL_STEPS === undefined ? steps : Number(MODEL_STEPS),
    seed: MODEL_SEED === undefined ? Date.now() % 2 ** 31 : Number(MODEL_SEED),
  };
}
