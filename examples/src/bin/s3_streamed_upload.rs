//! Upload to S3 through reqwest, streamed: each chunk is signed as it goes out, and nothing but one chunk is held.

use bytes::Bytes;
use countersign::aws_sigv4::chunk::{ChunkSigner, Framing};
use countersign::aws_sigv4::{Config, PayloadSigning, Signer};
use countersign::{Context, Payload, Scheme as _};
use http::{Request, Response};
use http_body_util::Channel;
use tokio::io::{AsyncRead, AsyncReadExt as _};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

const CHUNK: usize = 64 * 1024;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), BoxError> {
    // Stands for S3.
    let server = countersign_examples::serve(|request| {
        let sent = request.headers()["x-amz-decoded-content-length"].to_str().unwrap_or_default();
        Response::new(format!("{} bytes on the wire for {sent}", request.body().len()))
    })?;
    let uri = format!("http://{server}/bucket/big.bin");

    // Stands for a file: an asynchronous reader whose length is known.
    let (file, length) = (tokio::io::repeat(b'a').take(150_000), 150_000);

    let mut config = Config::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
    config.payload = PayloadSigning::StreamingSigned;
    (config.region, config.service) = (Some("eu-west-1".into()), Some("s3".into()));
    let signer = Signer::new(&config)?;

    let framing = Framing::new(PayloadSigning::StreamingSigned, length, CHUNK as u64);
    let (mut parts, ()) = Request::put(uri).body(())?.into_parts();
    framing.set_headers(&mut parts.headers)?;
    signer.sign(&mut parts, &mut Payload::Streaming, &Context::now())?;

    // The chunks' signatures go on from the request's.
    let (sender, body) = Channel::<Bytes, BoxError>::new(1);
    let writing = tokio::spawn(write(file, signer.chunk_signer(&parts)?, sender));
    let request = reqwest::Request::try_from(Request::from_parts(parts, reqwest::Body::wrap(body)))?;
    let reply = reqwest::Client::new().execute(request).await?.text().await?;
    writing.await??;
    println!("{reply}");
    assert_eq!(reply, format!("{} bytes on the wire for {length}", framing.encoded_length()));
    Ok(())
}

async fn write(
    mut file: impl AsyncRead + Unpin,
    mut chunks: ChunkSigner,
    mut sender: http_body_util::channel::Sender<Bytes, BoxError>,
) -> Result<(), BoxError> {
    loop {
        let mut chunk = Vec::with_capacity(CHUNK);
        (&mut file).take(CHUNK as u64).read_to_end(&mut chunk).await?;
        if chunk.is_empty() {
            break;
        }
        sender.send_data(Bytes::copy_from_slice(chunks.head(&chunk)?.as_ref())).await?;
        chunk.extend_from_slice(b"\r\n");
        sender.send_data(chunk.into()).await?;
    }
    Ok(sender.send_data(chunks.finish(&[])?.into()).await?)
}
