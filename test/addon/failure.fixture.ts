/** The error that a call throws, or that its promise rejects with. */
export async function failure(call: () => unknown): Promise<{ code: unknown; message: string; detail: unknown }> {
  try {
    await call();
  } catch (error) {
    if (error instanceof Error)
      return { code: Reflect.get(error, 'code'), message: error.message, detail: Reflect.get(error, 'detail') };
    throw error;
  }
  throw new Error('Expected a failure but the call went well');
}
