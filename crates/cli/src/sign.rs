//! `countersign sign`.

use std::io::Write;
use std::process::ExitCode;

use countersign::{Authenticator, ErrorKind};
use countersign_explain::ServerSays;
use http::Request;

use crate::args::Sign;
use crate::explain;
use crate::failure::Failure;
use crate::mask::Mask;
use crate::style::Style;
use crate::{import, input, moment, output};

/// Signs a request and prints it.
pub(crate) fn sign(args: &Sign, style: &Style, out: &mut impl Write) -> Result<ExitCode, Failure> {
    import::only_one_from_standard_input(args.asked.files().chain(args.server_says.as_deref()))?;
    let (request, auth) = args.asked.read()?;
    let auth = Authenticator::new(&auth).map_err(|why| Failure::refused(&why))?;
    let server = args.server_says.as_deref().map(input::text).transpose()?.map(|text| ServerSays::read(&text));

    let time = args.time.as_deref().map(moment::parse).transpose()?;
    let time = time.or_else(|| server.as_ref().and_then(ServerSays::unix_time));
    let ctx = moment::context(time, args.nonce.as_deref()).explaining();
    let (mut parts, mut payload) = request.into_parts();
    let before = parts.uri.clone();
    let signed = auth.sign(&mut parts, &mut payload, &ctx).map_err(|why| match why.kind() {
        ErrorKind::NeedsExchange => {
            Failure::Refused(format!("{why} [{}]; `sign` sends nothing, so no server can answer", why.kind()))
        }
        _ => Failure::refused(&why),
    })?;
    let mask = Mask::of(&before, &parts);
    let request = Request::from_parts(parts, payload);

    let explained = (args.explain || server.is_some()).then_some(&signed);
    let explanation = explained.map(|signed| explain::Explanation::of(signed, &mask, server.as_ref()));
    output::print(&request, explanation.as_ref(), args.format, style, out)?;
    Ok(ExitCode::SUCCESS)
}
